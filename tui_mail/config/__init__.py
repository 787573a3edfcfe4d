"""What the person decided, and where things are kept.

``load`` reads the settings file into the frozen values of ``settings``, through
``section``, which finds every mistake with its line and the nearest key. ``secret`` finds
passwords, ``places`` the folders, ``writing`` adds an account to the file.
"""
