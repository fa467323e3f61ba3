/** @file The structs of the PJRT C API that metac uses, field by field as in `xla/pjrt/c/pjrt_c_api.h`, version 0.90 (Apache-2.0). */
import { layoutOf } from './structs.ts';

export const ERROR_DESTROY = layoutOf('PJRT_Error_Destroy_Args', { error: 'pointer' });
export const ERROR_MESSAGE = layoutOf('PJRT_Error_Message_Args', { error: 'pointer', message: 'pointer', message_size: 'size' });
export const ERROR_GET_CODE = layoutOf('PJRT_Error_GetCode_Args', { error: 'pointer', code: 'int32' });
export const PLUGIN_INITIALIZE = layoutOf('PJRT_Plugin_Initialize_Args', {});
export const EVENT_DESTROY = layoutOf('PJRT_Event_Destroy_Args', { event: 'pointer' });
export const EVENT_IS_READY = layoutOf('PJRT_Event_IsReady_Args', { event: 'pointer', is_ready: 'bool' });
export const EVENT_AWAIT = layoutOf('PJRT_Event_Await_Args', { event: 'pointer' });

/** Lies in arrays: no spare bytes. The value is a union of 8 bytes; strings are addresses, flags are 0 or 1. */
export const NAMED_VALUE = layoutOf('PJRT_NamedValue', {
  name: 'pointer',
  name_size: 'size',
  type: 'int32',
  value: 'int64',
  value_size: 'size',
});
/** PJRT_NamedValue_Type. */
export const NAMED_VALUE_TYPE = { string: 0, int64: 1, int64List: 2, float: 3, bool: 4 } as const;

export const CLIENT_CREATE = layoutOf('PJRT_Client_Create_Args', {
  create_options: 'pointer',
  num_options: 'size',
  kv_get_callback: 'pointer',
  kv_get_user_arg: 'pointer',
  kv_put_callback: 'pointer',
  kv_put_user_arg: 'pointer',
  client: 'pointer',
  kv_try_get_callback: 'pointer',
  kv_try_get_user_arg: 'pointer',
});
export const CLIENT_DESTROY = layoutOf('PJRT_Client_Destroy_Args', { client: 'pointer' });
export const CLIENT_PLATFORM_NAME = layoutOf('PJRT_Client_PlatformName_Args', { client: 'pointer', text: 'pointer', text_size: 'size' });
export const CLIENT_PLATFORM_VERSION = layoutOf('PJRT_Client_PlatformVersion_Args', {
  client: 'pointer',
  text: 'pointer',
  text_size: 'size',
});
export const CLIENT_ADDRESSABLE_DEVICES = layoutOf('PJRT_Client_AddressableDevices_Args', {
  client: 'pointer',
  devices: 'pointer',
  num_devices: 'size',
});
export const DEVICE_GET_DESCRIPTION = layoutOf('PJRT_Device_GetDescription_Args', { device: 'pointer', description: 'pointer' });
export const DEVICE_DESCRIPTION_KIND = layoutOf('PJRT_DeviceDescription_Kind_Args', {
  description: 'pointer',
  text: 'pointer',
  text_size: 'size',
});
export const DEVICE_DESCRIPTION_ID = layoutOf('PJRT_DeviceDescription_Id_Args', { description: 'pointer', id: 'int32' });
export const DEVICE_MEMORY_STATS = layoutOf('PJRT_Device_MemoryStats_Args', {
  device: 'pointer',
  bytes_in_use: 'int64',
  peak_bytes_in_use: 'int64',
  peak_bytes_in_use_is_set: 'bool',
  num_allocs: 'int64',
  num_allocs_is_set: 'bool',
  largest_alloc_size: 'int64',
  largest_alloc_size_is_set: 'bool',
  bytes_limit: 'int64',
  bytes_limit_is_set: 'bool',
  bytes_reserved: 'int64',
  bytes_reserved_is_set: 'bool',
  peak_bytes_reserved: 'int64',
  peak_bytes_reserved_is_set: 'bool',
  bytes_reservable_limit: 'int64',
  bytes_reservable_limit_is_set: 'bool',
  largest_free_block_bytes: 'int64',
  largest_free_block_bytes_is_set: 'bool',
  pool_bytes: 'int64',
  pool_bytes_is_set: 'bool',
  peak_pool_bytes: 'int64',
  peak_pool_bytes_is_set: 'bool',
});

export const PROGRAM = layoutOf('PJRT_Program', { code: 'pointer', code_size: 'size', format: 'pointer', format_size: 'size' });
export const CLIENT_COMPILE = layoutOf('PJRT_Client_Compile_Args', {
  client: 'pointer',
  program: 'pointer',
  compile_options: 'pointer',
  compile_options_size: 'size',
  executable: 'pointer',
});
export const LOADED_EXECUTABLE_DESTROY = layoutOf('PJRT_LoadedExecutable_Destroy_Args', { executable: 'pointer' });
export const LOADED_EXECUTABLE_GET_EXECUTABLE = layoutOf('PJRT_LoadedExecutable_GetExecutable_Args', {
  loaded_executable: 'pointer',
  executable: 'pointer',
});
export const EXECUTABLE_DESTROY = layoutOf('PJRT_Executable_Destroy_Args', { executable: 'pointer' });
export const EXECUTABLE_NUM_OUTPUTS = layoutOf('PJRT_Executable_NumOutputs_Args', { executable: 'pointer', num_outputs: 'size' });
export const EXECUTABLE_SERIALIZE = layoutOf('PJRT_Executable_Serialize_Args', {
  executable: 'pointer',
  serialized_bytes: 'pointer',
  serialized_bytes_size: 'size',
  serialized_executable: 'pointer',
  serialized_executable_deleter: 'pointer',
});
export const EXECUTABLE_DESERIALIZE_AND_LOAD = layoutOf('PJRT_Executable_DeserializeAndLoad_Args', {
  client: 'pointer',
  serialized_executable: 'pointer',
  serialized_executable_size: 'size',
  loaded_executable: 'pointer',
  overridden_serialized_compile_options: 'pointer',
  overridden_serialized_compile_options_size: 'size',
});
export const EXECUTE_OPTIONS = layoutOf('PJRT_ExecuteOptions', {
  send_callbacks: 'pointer',
  recv_callbacks: 'pointer',
  num_send_ops: 'size',
  num_recv_ops: 'size',
  launch_id: 'int32',
  non_donatable_input_indices: 'pointer',
  num_non_donatable_input_indices: 'size',
  context: 'pointer',
  call_location: 'pointer',
  num_tasks: 'size',
  task_ids: 'pointer',
  incarnation_ids: 'pointer',
});
export const LOADED_EXECUTABLE_EXECUTE = layoutOf('PJRT_LoadedExecutable_Execute_Args', {
  executable: 'pointer',
  options: 'pointer',
  argument_lists: 'pointer',
  num_devices: 'size',
  num_args: 'size',
  output_lists: 'pointer',
  device_complete_events: 'pointer',
  execute_device: 'pointer',
});

export const CLIENT_BUFFER_FROM_HOST_BUFFER = layoutOf('PJRT_Client_BufferFromHostBuffer_Args', {
  client: 'pointer',
  data: 'pointer',
  type: 'int32',
  dims: 'pointer',
  num_dims: 'size',
  byte_strides: 'pointer',
  num_byte_strides: 'size',
  host_buffer_semantics: 'int32',
  device: 'pointer',
  memory: 'pointer',
  device_layout: 'pointer',
  done_with_host_buffer: 'pointer',
  buffer: 'pointer',
});
/** PJRT_Buffer_Type. */
export const BUFFER_TYPE = { bool: 1, int: 4, uint8: 6, float: 11 } as const;
/** PJRT_HostBufferSemantics: the host may touch the data after the call, or not until `done_with_host_buffer`. */
export const IMMUTABLE_ONLY_DURING_CALL = 0;
export const IMMUTABLE_UNTIL_TRANSFER_COMPLETES = 1;

export const BUFFER_TO_HOST_BUFFER = layoutOf('PJRT_Buffer_ToHostBuffer_Args', {
  src: 'pointer',
  host_layout: 'pointer',
  dst: 'pointer',
  dst_size: 'size',
  event: 'pointer',
});
export const BUFFER_DATA_POINTER = layoutOf('PJRT_Buffer_OpaqueDeviceMemoryDataPointer_Args', {
  buffer: 'pointer',
  device_memory_ptr: 'pointer',
});
export const BUFFER_DESTROY = layoutOf('PJRT_Buffer_Destroy_Args', { buffer: 'pointer' });

/** PJRT_Buffer_MemoryLayout of type Tiled, without tiles: only the order of the dimensions. Both structs and the tag in one. */
export const TILED_MEMORY_LAYOUT = layoutOf('PJRT_Buffer_MemoryLayout', {
  tiled_struct_size: 'size',
  tiled_extension_start: 'pointer',
  minor_to_major: 'pointer',
  minor_to_major_size: 'size',
  tile_dims: 'pointer',
  tile_dim_sizes: 'pointer',
  num_tiles: 'size',
  type: 'int32',
});
