"""The screens over the panes: questions at the bottom, and those that take all of it."""
