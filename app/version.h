/* The version that the programs tell. */
#ifndef APP_VERSION_H
#define APP_VERSION_H

#define LATCHKEY_VERSION "0.1.0"

#endif
