"""What is drawn: the three panes and the lines around them, by the line API."""
