"""Files of hours as companies make them, read row by row; what to write of them is for the actions to say."""
