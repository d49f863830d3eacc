"""One file per place where a stack plugs in: how a reward reaches a learner."""
