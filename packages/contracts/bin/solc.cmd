@node "%~dp0solc" %*
