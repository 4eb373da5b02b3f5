#ifndef FAULT_H
#define FAULT_H

/* Entry of every exception that this firmware does not expect. */
void fault_handler(void);

#endif
