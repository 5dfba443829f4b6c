# The commit `dunlin --version` names. Taken at configure time; DUNLIN_COMMIT here, or SOURCE_COMMIT in the environment, overrides
# it for builds from a tarball or in an image, which have no .git.
set(DUNLIN_COMMIT "" CACHE STRING "The commit this tree was taken from; empty: ask git")
set(dunlin_commit "${DUNLIN_COMMIT}")
if(dunlin_commit STREQUAL "")
  set(dunlin_commit "$ENV{SOURCE_COMMIT}")
endif()
if(dunlin_commit STREQUAL "")
  execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} rev-parse --short=12 HEAD
                  OUTPUT_VARIABLE dunlin_commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(dunlin_commit STREQUAL "")
  set(dunlin_commit "unknown")
endif()
configure_file(${CMAKE_SOURCE_DIR}/cmake/version.cc.in ${CMAKE_BINARY_DIR}/generated/version.cc @ONLY)
