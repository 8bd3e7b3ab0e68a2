// Everything a program needs to speak SMTP, ESMTP or LMTP: layers L0 to L5, and the literals.
#pragma once

#include "client.hpp"
#include "literals.hpp"
#include "server.hpp"  // IWYU pragma: end_exports
#include "version.hpp" // IWYU pragma: begin_exports
