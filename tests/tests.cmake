# Checks of the tree itself, as ctest cases beside the rooms' own tests.
foreach(check docs text)
  add_test(NAME check_${check} COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/check_${check}.py
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endforeach()
add_test(NAME check_symbols COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/check_symbols.py ${CMAKE_BINARY_DIR})
add_test(NAME check_tools COMMAND ${Python3_EXECUTABLE} -m unittest discover -q -s ${CMAKE_SOURCE_DIR}/tools -p *_test.py)
