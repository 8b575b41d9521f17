// Nothing to call: see wipe.c.
#ifndef CWIPE_H
#define CWIPE_H

#endif
