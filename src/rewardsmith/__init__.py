"""Write a reward once and run it in every learner."""
