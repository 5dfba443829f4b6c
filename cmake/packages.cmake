# The program as it is given away: what `make install` puts beside it, and `make package` into a .deb and a tarball.
install(TARGETS dunlin RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
install(FILES LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

# Only of a program that other machines may get: making these runs it.
if(DUNLIN_SELF_CONTAINED)
  set(completions ${CMAKE_BINARY_DIR}/completions)
  set(bill ${CMAKE_BINARY_DIR}/dunlin.cdx.json)
  file(MAKE_DIRECTORY ${completions})
  foreach(shell bash zsh fish)
    add_custom_command(OUTPUT ${completions}/${shell} DEPENDS dunlin VERBATIM
                       COMMAND $<TARGET_FILE:dunlin> completion ${shell} > ${completions}/${shell})
    list(APPEND given_away ${completions}/${shell})
  endforeach()
  # Whatever is linked anew may be of other packages.
  add_custom_command(OUTPUT ${bill} DEPENDS dunlin scripts/sbom VERBATIM
                     COMMAND ${CMAKE_SOURCE_DIR}/scripts/sbom linked > ${bill})
  add_custom_target(dunlin_given_away ALL DEPENDS ${given_away} ${bill})

  install(FILES ${bill} DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
  install(FILES ${completions}/bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME dunlin
          COMPONENT program)
  install(FILES ${completions}/fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME dunlin.fish
          COMPONENT program)
  # zsh looks in the first for packages, in the second below /usr/local.
  install(FILES ${completions}/zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _dunlin
          COMPONENT program)
  install(FILES ${completions}/zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _dunlin COMPONENT local)
endif()

set(CPACK_PACKAGE_NAME dunlin)
string(TOLOWER dunlin-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR} CPACK_PACKAGE_FILE_NAME)
set(CPACK_PACKAGE_VENDOR "the dunlin project")
set(CPACK_PACKAGE_CONTACT "the maintainers of dunlin <dunlin@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_COMPONENTS_ALL program)

set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
# Read once for each kind of package.
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_SOURCE_DIR}/cmake/package_kinds.cmake)
set(CPACK_ARCHIVE_PROGRAM_FILE_NAME ${CPACK_PACKAGE_FILE_NAME})

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME dunlin)
set(CPACK_DEBIAN_PROGRAM_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# The rest is inside: cmake/dependencies.cmake.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "libc6 (>= 2.36)")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "libgssapi-krb5-2, libldap-2.5-0")
include(CPack)
