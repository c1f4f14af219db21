-- Goes on with a removal. 1 if a part of it is left for another call.
return drop() and 1 or 0
