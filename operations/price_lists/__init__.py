"""Price lists of suppliers: uploaded, or taken from a folder or an address, judged and applied."""
