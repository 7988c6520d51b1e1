"""Files as they come: bytes, text, workbooks and archives, cut into cells within bounds."""
