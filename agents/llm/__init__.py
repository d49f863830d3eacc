"""Language models as agents: rollouts, credit by turn, TRL."""
