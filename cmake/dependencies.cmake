# What dunlin is made with. A self-contained program, which is what the release preset makes, has all of it inside but
# the C library: it starts faster (docs/decisions/0008) and runs on any machine. libdunlin itself names these libraries,
# and whoever uses it links them as they like.
option(DUNLIN_SELF_CONTAINED "Link everything but the C library into the program" OFF)
if(DUNLIN_SELF_CONTAINED AND DUNLIN_SHARED)
  message(FATAL_ERROR "a shared libdunlin cannot be made of static libraries: turn DUNLIN_SELF_CONTAINED off")
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED)
if(DUNLIN_SELF_CONTAINED)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
endif()
find_package(SQLite3 REQUIRED)
find_package(OpenSSL 3 REQUIRED)

# {fmt} is compiled in everywhere: its shared library would be loaded at every start.
add_library(dunlin_fmt STATIC cmake/fmt_library.cc)
set_target_properties(dunlin_fmt PROPERTIES POSITION_INDEPENDENT_CODE ON)

# libpq as the program links it. Its archive wants two more, which `scripts/setup build` fetches.
add_library(dunlin_libpq INTERFACE)
file(GLOB libpq_parts ${CMAKE_SOURCE_DIR}/build/libpq/*/*.a)
if(DUNLIN_SELF_CONTAINED AND libpq_parts)
  find_library(LIBPQ_ARCHIVE libpq.a REQUIRED)
  add_library(dunlin_libpq_on_demand STATIC cmake/libpq_on_demand.c)
  target_include_directories(dunlin_libpq INTERFACE ${PostgreSQL_INCLUDE_DIRS})
  target_link_libraries(dunlin_libpq INTERFACE ${LIBPQ_ARCHIVE} ${libpq_parts} dunlin_libpq_on_demand OpenSSL::SSL
                        OpenSSL::Crypto ${CMAKE_DL_LIBS} m)
else()
  if(DUNLIN_SELF_CONTAINED)
    message(WARNING "build/libpq is empty (scripts/setup build fills it): libpq is linked as a shared library")
  endif()
  target_link_libraries(dunlin_libpq INTERFACE PostgreSQL::PostgreSQL)
endif()

# yaml-cpp's own target is its shared library.
add_library(dunlin_yaml INTERFACE)
find_package(yaml-cpp REQUIRED)
if(DUNLIN_SELF_CONTAINED)
  target_link_libraries(dunlin_yaml INTERFACE -l:libyaml-cpp.a)
else()
  target_link_libraries(dunlin_yaml INTERFACE yaml-cpp)
endif()

# libedit, for `dunlin shell`. Its archive wants three more, which come with its package.
add_library(dunlin_libedit INTERFACE)
if(DUNLIN_SELF_CONTAINED)
  target_link_libraries(dunlin_libedit INTERFACE -l:libedit.a -l:libtinfo.a -l:libbsd.a -l:libmd.a)
else()
  target_link_libraries(dunlin_libedit INTERFACE edit)
endif()
