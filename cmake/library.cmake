# libdunlin: the modules behind the public headers as one library, for find_package(dunlin) and for the examples.
if(DUNLIN_SHARED)
  add_library(dunlin_library SHARED)
else()
  add_library(dunlin_library STATIC)
endif()
add_library(dunlin::dunlin ALIAS dunlin_library)
set_target_properties(dunlin_library PROPERTIES OUTPUT_NAME dunlin EXPORT_NAME dunlin LINKER_LANGUAGE CXX
                      VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
foreach(module base sql core formats history drivers app secrets)
  if(TARGET dunlin_${module})
    get_target_property(type dunlin_${module} TYPE)
    if(NOT type STREQUAL "INTERFACE_LIBRARY")
      target_sources(dunlin_library PRIVATE $<TARGET_OBJECTS:dunlin_${module}>)
    endif()
  endif()
endforeach()
target_compile_features(dunlin_library PUBLIC cxx_std_20)
target_include_directories(dunlin_library PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
                           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(dunlin_library PRIVATE fmt::fmt -l:libpg_query.a OpenSSL::Crypto PostgreSQL::PostgreSQL
                      SQLite::SQLite3 PUBLIC Threads::Threads)
include(${CMAKE_CURRENT_LIST_DIR}/dunlin_embed_migrations.cmake)

# Installing.
include(CMakePackageConfigHelpers)
set(dunlin_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/dunlin)
install(TARGETS dunlin_library EXPORT dunlinTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/dunlin DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT dunlinTargets NAMESPACE dunlin:: DESTINATION ${dunlin_cmake_dir})
configure_package_config_file(cmake/dunlinConfig.cmake.in ${CMAKE_BINARY_DIR}/dunlinConfig.cmake
                              INSTALL_DESTINATION ${dunlin_cmake_dir})
# Before 1.0 a minor version may change the library's interface.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/dunlinConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/dunlinConfig.cmake ${CMAKE_BINARY_DIR}/dunlinConfigVersion.cmake
        cmake/dunlin_embed_migrations.cmake cmake/embed_files.cmake DESTINATION ${dunlin_cmake_dir})
