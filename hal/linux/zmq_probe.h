/* Is there a ZeroMQ publisher at an endpoint? One TCP connection, greetings exchanged, closed.
 * libzmq itself connects later and in the background, and never says that nobody is there.
 * Source: ZMTP 3.1 (rfc.zeromq.org/spec/37), greeting. Thread: any; blocks up to the deadline, and for
 * as long as the resolver takes when the endpoint has a name. */
#ifndef GV_HAL_LINUX_ZMQ_PROBE_H
#define GV_HAL_LINUX_ZMQ_PROBE_H

#include "firmware/base/err.h"

#include <stdint.h>

/** In: endpoint: "tcp://host:port".
 *  Returns: GV_OK; GV_ERR_INVALID "zmq.endpoint"; GV_ERR_UNAVAILABLE "zmq.refused"; GV_ERR_TIMEOUT
 *  "zmq.silent"; GV_ERR_UNSUPPORTED "zmq.other" (something else answers there). */
GV_MUST_USE enum gv_err gv_zmq_probe(const char *endpoint, uint32_t timeout_ms,
                                     struct gv_fail *fail);

#endif
