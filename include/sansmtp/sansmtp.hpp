// Everything a program needs to speak SMTP, ESMTP or LMTP: layers L0 to L5, and the literals.
#pragma once

#include "address.hpp" // IWYU pragma: begin_exports
#include "client.hpp"
#include "cram_md5.hpp"
#include "explain.hpp"
#include "literals.hpp"
#include "parameter_writer.hpp"
#include "redact.hpp"
#include "reply_hints.hpp"
#include "scram.hpp"
#include "server.hpp"
#include "trace.hpp"
#include "version.hpp"
#include "xtext.hpp" // IWYU pragma: end_exports
