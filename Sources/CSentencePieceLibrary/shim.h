// The library is C++; CSentencePiece includes its headers. This file gives the module a body.
