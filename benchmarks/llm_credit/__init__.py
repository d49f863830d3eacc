"""Credit to turns: expected gradients by enumeration, identities with TRL, learning."""
