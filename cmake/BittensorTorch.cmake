# Finds libtorch: that of CMAKE_PREFIX_PATH, as torch.utils.cmake_prefix_path prints it, or the
# system's. Sets TORCH_LIBRARIES, TORCH_INCLUDE_DIRS and TORCH_VERSION.
#
# Not find_package(Torch): the wheels' TorchConfig.cmake demands a CUDA toolkit, which only who
# compiles kernels needs; libtorch.so brings CUDA along by itself.

if(SKBUILD AND NOT BITTENSOR_LIBTORCH) # pip builds for the torch of its Python.
  execute_process(COMMAND ${Python_EXECUTABLE} -c "import torch; print(torch.utils.cmake_prefix_path)"
    OUTPUT_VARIABLE _prefix OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE _failed)
  if(_failed)
    message(FATAL_ERROR "${Python_EXECUTABLE} has no torch: pip install torch first, then pip "
      "install --no-build-isolation . (docs/python.md)")
  endif()
  list(PREPEND CMAKE_PREFIX_PATH ${_prefix})
endif()

set(_roots "")
cmake_path(CONVERT "$ENV{CMAKE_PREFIX_PATH}" TO_CMAKE_PATH_LIST _prefixes)
foreach(_prefix IN LISTS CMAKE_PREFIX_PATH _prefixes)
  list(APPEND _roots ${_prefix} ${_prefix}/../..) # The second from torch/share/cmake.
endforeach()
find_library(BITTENSOR_LIBTORCH torch HINTS ${_roots} PATH_SUFFIXES lib REQUIRED)
mark_as_advanced(BITTENSOR_LIBTORCH)
cmake_path(GET BITTENSOR_LIBTORCH PARENT_PATH _lib)
file(REAL_PATH ${_lib} _lib)
cmake_path(GET _lib PARENT_PATH _root)
set(_api torch/csrc/api/include)
find_path(BITTENSOR_TORCH_INCLUDE ${_api}/torch/torch.h HINTS ${_root}/include REQUIRED)
mark_as_advanced(BITTENSOR_TORCH_INCLUDE)

# The wheels bring headers of protobuf and fmt that must not stand before the system's: the
# folder is shown without them.
set(_include ${BITTENSOR_TORCH_INCLUDE})
if(EXISTS ${_root}/share/cmake/Torch)
  set(_include ${CMAKE_BINARY_DIR}/torch_include)
  file(REMOVE_RECURSE ${_include})
  file(MAKE_DIRECTORY ${_include})
  file(GLOB _entries RELATIVE ${BITTENSOR_TORCH_INCLUDE} ${BITTENSOR_TORCH_INCLUDE}/*)
  list(REMOVE_ITEM _entries google fmt)
  foreach(_entry IN LISTS _entries)
    file(CREATE_LINK ${BITTENSOR_TORCH_INCLUDE}/${_entry} ${_include}/${_entry} SYMBOLIC)
  endforeach()
endif()
set(TORCH_INCLUDE_DIRS ${_include} ${_include}/${_api})

set(TORCH_VERSION "")
file(GLOB _headers ${_include}/torch/headeronly/version.h ${_include}/${_api}/torch/version.h)
foreach(_part MAJOR MINOR)
  foreach(_header IN LISTS _headers)
    file(STRINGS ${_header} _line REGEX "define TORCH_VERSION_${_part} ")
    string(REGEX MATCH "[0-9]+$" _number "${_line}")
    if(_number)
      list(APPEND TORCH_VERSION ${_number})
    endif()
  endforeach()
endforeach()
list(JOIN TORCH_VERSION "." TORCH_VERSION)
message(STATUS "libtorch ${TORCH_VERSION} in ${_lib}")

file(STRINGS ${_lib}/libc10.so _old_abi REGEX "^_ZN3c105ErrorC[12]ENS_14SourceLocationESs" LIMIT_COUNT 1)
if(_old_abi)
  message(FATAL_ERROR "libtorch ${TORCH_VERSION} in ${_lib} was built with the strings of before "
    "C++11, as PyPI's wheels up to 2.6 are, and cannot be linked with gRPC: take 2.7 or newer")
endif()

foreach(_name torch torch_cpu c10)
  add_library(bittensor_lib${_name} SHARED IMPORTED)
  set_target_properties(bittensor_lib${_name} PROPERTIES IMPORTED_LOCATION ${_lib}/lib${_name}.so)
endforeach()
# No symbol of libtorch.so is asked for, but the kernels for CUDA come by it.
set(CMAKE_LINK_LIBRARY_USING_kept_SUPPORTED ON)
set(CMAKE_LINK_LIBRARY_USING_kept
  "LINKER:--push-state,--no-as-needed" "<LINK_ITEM>" "LINKER:--pop-state")
set(TORCH_LIBRARIES $<LINK_LIBRARY:kept,bittensor_libtorch> bittensor_libtorch_cpu bittensor_libc10)
