# dunlin_module(name LINKS other... [PRECOMPILED header... | REUSE_FROM target]): the folder src/<name> as the static library
# dunlin_<name>, with _ for each /. Headers that nearly every file reads are compiled once; without either it has those of base.
# Sources are found by glob, so that adding a file is one change; drivers keep their files one folder deeper.
function(dunlin_module name)
  cmake_parse_arguments(arg "" "REUSE_FROM" "LINKS;PRECOMPILED" ${ARGN})
  string(REPLACE / _ target dunlin_${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  # A folder may hold headers only; a static library may not be empty.
  if(NOT sources)
    set(sources ${CMAKE_BINARY_DIR}/generated/${target}_headers_only.cc)
    file(WRITE ${sources} "")
  endif()
  add_library(${target} STATIC ${sources})
  target_include_directories(${target}
    PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> PRIVATE ${CMAKE_SOURCE_DIR}/src)
  list(TRANSFORM arg_LINKS REPLACE / _)
  list(TRANSFORM arg_LINKS PREPEND dunlin_)
  target_link_libraries(${target} PUBLIC ${arg_LINKS} PRIVATE dunlin_warnings)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  if(arg_PRECOMPILED)
    target_precompile_headers(${target} PRIVATE ${arg_PRECOMPILED})
  elseif(arg_REUSE_FROM)
    target_precompile_headers(${target} REUSE_FROM ${arg_REUSE_FROM})
  else()
    target_precompile_headers(${target} REUSE_FROM dunlin_base)
  endif()
endfunction()
