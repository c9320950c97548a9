# Compiler flags: target `nt_flags` for all our sources, NT_KERNEL_FLAGS for the vector loops,
# NT_LINK_FLAGS for whoever links the library.
include(CheckCCompilerFlag)

# -O2 outside the kernels; CMake's default for Release is -O3.
string(REPLACE "-O3" "-O2" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")

add_library(nt_flags INTERFACE)
target_compile_definitions(nt_flags INTERFACE _GNU_SOURCE NT_VERSION="${PROJECT_VERSION}")
target_compile_options(
  nt_flags
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wconversion
            -Wstrict-prototypes
            -Wmissing-prototypes
            -ffp-contract=off
            ${OpenMP_C_FLAGS}
            $<$<BOOL:${NTMPI_WERROR}>:-Werror>)

# Kernels: no -ffast-math, which would break clamps, NaN checks and equal bits (design: Numbers).
set(NT_KERNEL_FLAGS -ffp-contract=fast -fno-math-errno -fno-trapping-math -fno-signed-zeros
                    -fopenmp-simd $<$<NOT:$<CONFIG:Debug>>:-O3>)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  check_c_compiler_flag(-mprefer-vector-width=512 NT_HAVE_VECTOR_WIDTH)
  if(NT_HAVE_VECTOR_WIDTH)
    list(APPEND NT_KERNEL_FLAGS -mprefer-vector-width=512)
  endif()
endif()

# The resolvers of function clones run before a sanitizer or gcov is ready.
set(NT_LINK_FLAGS)
if(NTMPI_SANITIZE)
  target_compile_options(nt_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
                                            -fno-omit-frame-pointer -g)
  target_compile_definitions(nt_flags INTERFACE NT_NO_CLONES)
  list(APPEND NT_LINK_FLAGS -fsanitize=address,undefined)
endif()
if(NTMPI_FUZZ)
  target_compile_options(nt_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined
                                            -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_compile_definitions(nt_flags INTERFACE NT_NO_CLONES)
  list(APPEND NT_LINK_FLAGS -fsanitize=address,undefined)
endif()
if(NTMPI_COVERAGE)
  target_compile_options(nt_flags INTERFACE --coverage -fprofile-update=atomic)
  target_compile_definitions(nt_flags INTERFACE NT_NO_CLONES)
  list(APPEND NT_LINK_FLAGS --coverage)
endif()
