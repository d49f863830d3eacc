"""ScienceWorld: experiments in an elementary school's laboratory."""
