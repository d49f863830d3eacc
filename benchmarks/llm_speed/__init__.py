"""What credit by turn costs beside plain GRPO, and what rewards by likelihood cost."""
