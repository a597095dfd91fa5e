# What the objects of the instruction sets may share with the rest of the program: one table of kernels each. Any other
# definition that the linker sees, above all a weak one (an inline function or a template's instance), could replace the
# copy of another object and carry this set's instructions to a machine that lacks them.
#   cmake -DNM=... -DOBJECTS="a.o;b.o" -P check_kernel_symbols.cmake
foreach(object IN LISTS OBJECTS)
  execute_process(COMMAND "${NM}" --demangle --defined-only --extern-only "${object}"
    OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]+" lines "${symbols}")
  set(tables 0)
  foreach(line IN LISTS lines)
    if(line MATCHES " [DRB] multipole::cpu::k[A-Za-z0-9]+Kernels$")
      math(EXPR tables "${tables} + 1")
    else()
      message(SEND_ERROR "${object} defines a symbol that other objects can see: ${line}")
    endif()
  endforeach()
  if(NOT tables EQUAL 1)
    message(SEND_ERROR "${object} defines ${tables} tables of kernels instead of one")
  endif()
endforeach()
if(NOT OBJECTS)
  message(SEND_ERROR "no objects to check")
endif()
