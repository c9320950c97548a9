# cmake --install: library, headers, pkg-config file, CMake package.
include(CMakePackageConfigHelpers)

install(TARGETS ntmpi ntmpi_static EXPORT ntmpiTargets)
install(DIRECTORY include/nt TYPE INCLUDE FILES_MATCHING PATTERN "*.h")

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ntmpi)
install(EXPORT ntmpiTargets NAMESPACE ntmpi:: DESTINATION ${package_dir})
configure_package_config_file(scripts/cmake/ntmpiConfig.cmake.in ntmpiConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(ntmpiConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ntmpiConfig.cmake
              ${PROJECT_BINARY_DIR}/ntmpiConfigVersion.cmake DESTINATION ${package_dir})

# "/path/libx.so" -> "-L/path -lx": pkg-config's form, which also finds libx.a.
function(nt_pkgconfig_libs out)
  set(flags)
  foreach(item ${ARGN})
    if(item MATCHES "^/.*/lib[^/]+\\.(so|a|dylib)[^/]*$")
      get_filename_component(folder ${item} DIRECTORY)
      get_filename_component(name ${item} NAME)
      string(REGEX REPLACE "^lib(.+)\\.(so|a|dylib).*$" "-l\\1" name ${name})
      if(NOT folder IN_LIST CMAKE_C_IMPLICIT_LINK_DIRECTORIES)
        list(APPEND flags -L${folder})
      endif()
      list(APPEND flags ${name})
    elseif(item MATCHES "^[-/]")
      list(APPEND flags ${item})
    else()
      list(APPEND flags -l${item})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES flags)
  list(JOIN flags " " flags)
  set(${out} "${flags}" PARENT_SCOPE)
endfunction()

set(mpi_cflags ${MPI_C_COMPILE_OPTIONS})
foreach(folder ${MPI_C_INCLUDE_DIRS})
  list(APPEND mpi_cflags -I${folder})
endforeach()
list(JOIN mpi_cflags " " NT_PC_MPI_CFLAGS)
nt_pkgconfig_libs(NT_PC_MPI_LIBS ${MPI_C_LIBRARIES})
nt_pkgconfig_libs(NT_PC_LIBS_PRIVATE ${NT_LIBRARIES} ${NT_LINK_FLAGS})
# Relative to the file itself, so that an installed tree may be moved.
file(RELATIVE_PATH NT_PC_TO_PREFIX /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
string(REGEX REPLACE "/$" "" NT_PC_TO_PREFIX ${NT_PC_TO_PREFIX})
configure_file(scripts/cmake/ntmpi.pc.in ntmpi.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/ntmpi.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
