"""What the larger commands of `imgnb` do: `routes`, `keys` and `doctor`. Their arguments stand in cli.py."""
