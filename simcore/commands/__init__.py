"""The commands of the command line, by what they are about; each loads what it needs when it runs."""
