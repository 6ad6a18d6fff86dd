"""One module a method: a frame and a design in, a finished result out."""
