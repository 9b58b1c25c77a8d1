"""``python -m groundswell`` is the command ``groundswell``."""

from groundswell.cli import main

if __name__ == "__main__":
    main()
