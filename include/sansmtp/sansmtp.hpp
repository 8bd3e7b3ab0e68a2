// Everything a program needs to speak SMTP, ESMTP or LMTP: layers L0 to L5, and the literals.
#pragma once

#include "client.hpp"
#include "explain.hpp"
#include "literals.hpp"
#include "redact.hpp"
#include "server.hpp"
#include "trace.hpp"
#include "version.hpp" // IWYU pragma: begin_exports
#include "xtext.hpp"   // IWYU pragma: end_exports
