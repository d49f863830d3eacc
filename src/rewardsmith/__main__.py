"""`python -m rewardsmith`, for launchers that start modules."""

from rewardsmith.cli import main

if __name__ == "__main__":
    main()
