# dunlin_embed_migrations(target DIR): compiles the files of a migrations directory into `target`, and links it with
# libdunlin. The program then says
#
#   #include "dunlin_migrations_<target>.h"
#   dunlin::Migrator::open({.url = url, .embedded = dunlin_migrations_<target>()});
#
# where characters of the target's name that C++ does not allow are `_`. DIR is relative to the current source directory.
# Its files, not those of directories in it, are embedded byte for byte; adding, changing or removing one rebuilds.
set(DUNLIN_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed_files.cmake)

function(dunlin_embed_migrations target directory)
  get_filename_component(directory ${directory} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  if(NOT IS_DIRECTORY ${directory})
    message(FATAL_ERROR "dunlin_embed_migrations(${target}): there is no directory ${directory}")
  endif()
  file(GLOB files CONFIGURE_DEPENDS LIST_DIRECTORIES false ${directory}/*)
  string(MAKE_C_IDENTIFIER ${target} name)
  set(name dunlin_migrations_${name})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name})
  add_custom_command(
    OUTPUT ${folder}/${name}.cc ${folder}/${name}.h
    COMMAND ${CMAKE_COMMAND} -DDIRECTORY=${directory} -DNAME=${name} -DFOLDER=${folder} -P ${DUNLIN_EMBED_SCRIPT}
    DEPENDS ${files} ${directory} ${DUNLIN_EMBED_SCRIPT}
    COMMENT "Embedding migrations of ${directory}"
    VERBATIM)
  target_sources(${target} PRIVATE ${folder}/${name}.cc ${folder}/${name}.h)
  target_include_directories(${target} PRIVATE ${folder})
  target_link_libraries(${target} PRIVATE dunlin::dunlin)
endfunction()
