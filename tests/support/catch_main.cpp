// The main function of every unit test, where Catch2 is 2.13 and was installed without one.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
