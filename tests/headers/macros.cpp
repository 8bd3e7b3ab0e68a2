// Names that are macros on some platform or in some framework are not used: here each of them would break the syntax.
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#if defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#undef linux
#undef major
#undef minor
#undef unix

// windows.h
#define DOMAIN ] DOMAIN is a macro [
#define ERROR ] ERROR is a macro [
#define IN ] IN is a macro [
#define OPTIONAL ] OPTIONAL is a macro [
#define OVERFLOW ] OVERFLOW is a macro [
#define STRICT ] STRICT is a macro [
#define far ] far is a macro [
#define interface ] interface is a macro [
#define near ] near is a macro [
#define small ] small is a macro [

// sys/sysmacros.h of glibc, and what GNU modes predefine
#define linux ] linux is a macro [
#define major ] major is a macro [
#define minor ] minor is a macro [
#define unix ] unix is a macro [

// Qt
#define emit ] emit is a macro [
#define signals ] signals is a macro [
#define slots ] slots is a macro [

#include <sansmtp/sansmtp.hpp>
