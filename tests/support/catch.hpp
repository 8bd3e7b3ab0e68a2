// Catch2, whichever is installed: 2.13 is one header, 3 is many. CMake tells its major version.
#pragma once

#if SANSMTP_CATCH >= 3
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
