# Finds what the library needs. Every missing part is named with its Debian package and the
# variable that points elsewhere. Results:
#   NT_LIBRARIES     libraries and flags to link, as paths (MPI apart: MPI::MPI_C)
#   NT_INCLUDE_DIRS  folders of headers that only our sources include

function(nt_require found what package hint)
  if(NOT ${found})
    message(FATAL_ERROR "ntmpi needs ${what}, which was not found.\n"
                        "On Debian:  apt-get install ${package}\n"
                        "Elsewhere:  ${hint}")
  endif()
endfunction()

find_package(MPI QUIET COMPONENTS C)
nt_require(MPI_C_FOUND "MPI for C (Open MPI)" "libopenmpi-dev openmpi-bin"
           "-DMPI_HOME=<prefix> or -DMPI_C_COMPILER=<mpicc>")

find_package(OpenMP QUIET COMPONENTS C)
nt_require(OpenMP_C_FOUND "OpenMP for ${CMAKE_C_COMPILER_ID} C" "gcc (with clang: libomp-dev)"
           "-DOpenMP_C_FLAGS=<flag> -DOpenMP_C_LIB_NAMES=<names>")

# BLAS and LAPACK: OpenBLAS unless told otherwise. ScaLAPACK of Debian reaches the same OpenBLAS
# through libblas.so.3 and liblapack.so.3, which are front ends of it.
if(NOT BLAS_LIBRARIES)
  find_library(NT_OPENBLAS NAMES openblas PATH_SUFFIXES openblas-openmp openblas-pthread openblas)
  nt_require(NT_OPENBLAS "BLAS and LAPACK (OpenBLAS)" "libopenblas-openmp-dev"
             "-DBLAS_LIBRARIES=<libraries> [-DLAPACK_LIBRARIES=<libraries>]")
  set(BLAS_LIBRARIES ${NT_OPENBLAS} CACHE STRING "BLAS (and LAPACK) to link")
endif()
set(LAPACK_LIBRARIES "" CACHE STRING "LAPACK to link, when the BLAS libraries do not contain it")

if(NOT SCALAPACK_LIBRARIES)
  find_library(NT_SCALAPACK NAMES scalapack-openmpi scalapack)
  nt_require(NT_SCALAPACK "ScaLAPACK" "libscalapack-openmpi-dev"
             "-DSCALAPACK_LIBRARIES=<libraries>")
  set(SCALAPACK_LIBRARIES ${NT_SCALAPACK} CACHE STRING "ScaLAPACK to link")
endif()

set(HDF5_PREFER_PARALLEL ON)
find_package(HDF5 QUIET COMPONENTS C)
nt_require(HDF5_FOUND "parallel HDF5" "libhdf5-openmpi-dev" "-DHDF5_ROOT=<prefix>")
nt_require(HDF5_IS_PARALLEL "parallel HDF5 (the one found, ${HDF5_C_INCLUDE_DIRS}, is serial)"
           "libhdf5-openmpi-dev" "-DHDF5_ROOT=<prefix>")

find_package(ZLIB QUIET)
nt_require(ZLIB_FOUND "zlib" "zlib1g-dev" "-DZLIB_ROOT=<prefix>")

find_package(OpenSSL QUIET COMPONENTS Crypto)
nt_require(OPENSSL_CRYPTO_LIBRARY "the crypto library of OpenSSL" "libssl-dev"
           "-DOPENSSL_ROOT_DIR=<prefix>")

find_path(CJSON_INCLUDE_DIR cjson/cJSON.h)
find_library(CJSON_LIBRARY cjson)
set(cjson_found OFF)
if(CJSON_INCLUDE_DIR AND CJSON_LIBRARY)
  set(cjson_found ON)
endif()
nt_require(cjson_found "cJSON" "libcjson-dev"
           "-DCJSON_INCLUDE_DIR=<folder> -DCJSON_LIBRARY=<library>")

if(NTMPI_BUILD_TESTS)
  find_path(CUNIT_INCLUDE_DIR CUnit/CUnit.h)
  find_library(CUNIT_LIBRARY cunit)
  set(cunit_found OFF)
  if(CUNIT_INCLUDE_DIR AND CUNIT_LIBRARY)
    set(cunit_found ON)
  endif()
  nt_require(cunit_found "CUnit (or -DNTMPI_BUILD_TESTS=OFF)" "libcunit1-dev"
             "-DCUNIT_INCLUDE_DIR=<folder> -DCUNIT_LIBRARY=<library>")
endif()

# ELPA, a faster eigensolver: used when it is there (-DNTMPI_ELPA=OFF: never, =ON: required). Its own
# list of libraries names another ScaLAPACK and BLAS than those above, so only ELPA itself is taken.
set(NTMPI_ELPA AUTO CACHE STRING "ELPA as an eigensolver: AUTO, ON or OFF")
set_property(CACHE NTMPI_ELPA PROPERTY STRINGS AUTO ON OFF)
set(NT_HAVE_ELPA OFF)
if(NTMPI_ELPA)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_search_module(ELPA QUIET elpa_openmp elpa)
  endif()
  find_path(ELPA_INCLUDE_DIR elpa/elpa.h HINTS ${ELPA_INCLUDE_DIRS} PATH_SUFFIXES elpa)
  find_library(ELPA_LIBRARY NAMES elpa_openmp elpa HINTS ${ELPA_LIBRARY_DIRS})
  mark_as_advanced(ELPA_INCLUDE_DIR ELPA_LIBRARY)
  if(ELPA_INCLUDE_DIR AND ELPA_LIBRARY)
    set(NT_HAVE_ELPA ON)
  elseif(NOT NTMPI_ELPA STREQUAL "AUTO")
    nt_require(NT_HAVE_ELPA "ELPA (NTMPI_ELPA=${NTMPI_ELPA})" "libelpa-dev pkg-config"
               "-DELPA_INCLUDE_DIR=<folder of elpa/elpa.h> -DELPA_LIBRARY=<library>")
  endif()
endif()

find_library(NT_MVEC mvec) # vector forms of exp, sin, ... of the GNU C library
mark_as_advanced(NT_OPENBLAS NT_SCALAPACK NT_MVEC CJSON_INCLUDE_DIR CJSON_LIBRARY
                 CUNIT_INCLUDE_DIR CUNIT_LIBRARY)

# The wrapper compiler of HDF5 names more than its library needs of a program.
set(hdf5_library ${HDF5_C_LIBRARY_hdf5})
if(NOT hdf5_library)
  set(hdf5_library ${HDF5_C_LIBRARIES})
endif()

set(NT_LIBRARIES ${SCALAPACK_LIBRARIES} ${LAPACK_LIBRARIES} ${BLAS_LIBRARIES} ${hdf5_library}
                 ${ZLIB_LIBRARIES} ${OPENSSL_CRYPTO_LIBRARY} ${CJSON_LIBRARY}
                 ${OpenMP_C_LIBRARIES})
if(NT_MVEC AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(APPEND NT_LIBRARIES mvec)
endif()
list(APPEND NT_LIBRARIES m)
if(NT_HAVE_ELPA)
  list(PREPEND NT_LIBRARIES ${ELPA_LIBRARY}) # before ScaLAPACK, which it calls
endif()
set(NT_INCLUDE_DIRS ${HDF5_C_INCLUDE_DIRS} ${ZLIB_INCLUDE_DIRS} ${OPENSSL_INCLUDE_DIR}
                    ${CJSON_INCLUDE_DIR})
if(NT_HAVE_ELPA)
  list(APPEND NT_INCLUDE_DIRS ${ELPA_INCLUDE_DIR})
endif()
list(REMOVE_DUPLICATES NT_INCLUDE_DIRS)

message(STATUS "MPI:       ${MPI_C_LIBRARIES}")
message(STATUS "ScaLAPACK: ${SCALAPACK_LIBRARIES}")
if(NT_HAVE_ELPA)
  message(STATUS "ELPA:      ${ELPA_LIBRARY} (${ELPA_VERSION})")
else()
  message(STATUS "ELPA:      none (Debian: libelpa-dev); eigenvalues by ScaLAPACK")
endif()
message(STATUS "BLAS:      ${LAPACK_LIBRARIES} ${BLAS_LIBRARIES}")
message(STATUS "HDF5:      ${hdf5_library} (${HDF5_VERSION}, parallel)")
