// The version of the library: the only macros it defines. CMake reads them here.
#pragma once

#define SANSMTP_VERSION_MAJOR 0
#define SANSMTP_VERSION_MINOR 1
#define SANSMTP_VERSION_PATCH 0
