package tokens

// CodeMAC is what Ring.MAC does with its key.
var CodeMAC = codeMAC
