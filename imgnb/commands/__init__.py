"""What the commands of `imgnb` do, a module for each that loads when it runs. Their arguments stand in `arguments/`."""
