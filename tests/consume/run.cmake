# Builds and runs main.cpp as a user would who got the library by HOW, in WORK; the program must print VERSION.
#
#   install           no user, but what the next two need: BINARY installed to a prefix that is moved afterwards
#   find_package      CMake and that prefix
#   pkg_config        no CMake, that prefix
#   add_subdirectory  CMake and the SOURCE tree: nothing but a target may come with it
#   fetch_content     the same
cmake_minimum_required(VERSION 3.18)

set(prefix ${WORK}/prefix)
set(build ${WORK}/${HOW})

# Runs a command, gives its output (both streams), stops if it fails or if it warns.
function(run result)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    list(JOIN ARGN " " command)
    message(STATUS "${command}\n${output}")
    if(NOT status EQUAL 0 OR output MATCHES "[Ww]arning")
        message(FATAL_ERROR "this failed (${status}) or warned: ${command}")
    endif()
    set(${result} "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${build})

if(HOW STREQUAL "install")
    file(REMOVE_RECURSE ${prefix})
    run(ignored ${CMAKE_COMMAND} --install ${BINARY} --prefix ${build})
    file(RENAME ${build} ${prefix})
    return()
endif()

if(HOW STREQUAL "pkg_config")
    find_program(pkg_config pkg-config)
    if(NOT pkg_config)
        message("SKIPPED: there is no pkg-config here")
        return()
    endif()
    set(ENV{PKG_CONFIG_PATH} ${prefix}/share/pkgconfig)
    run(version ${pkg_config} --modversion sansmtp)
    run(flags ${pkg_config} --cflags --libs sansmtp)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    file(MAKE_DIRECTORY ${build})
    set(program ${build}/consumer)
    run(ignored ${COMPILER} -std=c++20 ${flags} ${CMAKE_CURRENT_LIST_DIR}/main.cpp -o ${program})
    if(NOT version STREQUAL "${VERSION}\n")
        message(FATAL_ERROR "pkg-config says that the version is ${version}")
    endif()
else()
    run(ignored ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/${HOW} -B ${build} -G ${GENERATOR}
        -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=-Wall\ -Wextra\ -Wold-style-cast -DVERSION=${VERSION}
        -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF
        -DSANSMTP_SOURCE=${SOURCE} -DFETCHCONTENT_SOURCE_DIR_SANSMTP=${SOURCE} --no-warn-unused-cli)
    run(ignored ${CMAKE_COMMAND} --build ${build})
    file(GLOB_RECURSE program ${build}/consumer ${build}/consumer.exe)
endif()

run(output ${program})
if(NOT output STREQUAL "${VERSION}\n")
    message(FATAL_ERROR "the program printed ${output}, not ${VERSION}")
endif()

# A guest in another project brings nothing but its target.
if(HOW MATCHES "add_subdirectory|fetch_content")
    run(tests ${CMAKE_COMMAND} -E chdir ${build} ${CMAKE_CTEST_COMMAND} -N)
    if(NOT tests MATCHES "Total Tests: 0")
        message(FATAL_ERROR "there are tests in the user's ctest")
    endif()
    run(ignored ${CMAKE_COMMAND} --install ${build} --prefix ${build}/installed)
    file(GLOB installed ${build}/installed/*)
    if(installed)
        message(FATAL_ERROR "there is something in the user's install: ${installed}")
    endif()
    file(STRINGS ${build}/CMakeCache.txt cache REGEX "^(CMAKE_INSTALL_[A-Z]*DIR|BUILD_TESTING|Catch2_|OPENSSL_|Threads)")
    if(cache)
        message(FATAL_ERROR "there is something strange in the user's cache: ${cache}")
    endif()
endif()
