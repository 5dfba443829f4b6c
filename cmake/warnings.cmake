# Warnings for our own code only; errors in `make test`.
add_library(dunlin_warnings INTERFACE)
target_compile_options(dunlin_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual -Wnull-dereference -Wduplicated-cond -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(dunlin_warnings INTERFACE -Wno-unknown-warning-option)
endif()
# Every aggregate here is written with designated initialisers, which leave the rest at its default on purpose.
target_compile_options(dunlin_warnings INTERFACE -Wno-missing-field-initializers)
if(DUNLIN_WERROR)
  target_compile_options(dunlin_warnings INTERFACE -Werror)
endif()
