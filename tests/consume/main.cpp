// The program of a user, whichever way the library came to it.
#include <sansmtp/sansmtp.hpp>

#include <cstdio>

int main() {
    std::printf("%d.%d.%d\n", SANSMTP_VERSION_MAJOR, SANSMTP_VERSION_MINOR, SANSMTP_VERSION_PATCH);
    return 0;
}
