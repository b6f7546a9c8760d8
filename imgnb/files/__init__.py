"""How files are handled, whatever is in them: written whole, made durable, opened only where they are nothing but files."""
