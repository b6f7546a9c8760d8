"""The steps that a library's file has gone through, one module each. Once released they are never edited."""
