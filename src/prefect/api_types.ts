/** The schemas of Prefect 3.9.1's REST API, and the operations that use them: `npm run prefect:types`. */

export interface Operations {
  'GET /admin/version': { body: undefined; answer: string };
  'POST /flows/': { body: FlowCreate; answer: Flow };
  'GET /work_pools/{name}': { body: undefined; answer: WorkPoolResponse };
  'POST /work_pools/': { body: WorkPoolCreate; answer: WorkPoolResponse };
  'POST /work_pools/{work_pool_name}/workers/heartbeat': {
    body: Body_worker_heartbeat_work_pools__work_pool_name__workers_heartbeat_post;
    answer: undefined;
  };
  'POST /work_pools/{name}/get_scheduled_flow_runs': {
    body: Body_get_scheduled_flow_runs_work_pools__name__get_scheduled_flow_runs_post;
    answer: readonly WorkerFlowRunResponse[];
  };
  'POST /deployments/': { body: DeploymentCreate; answer: DeploymentResponse };
  'GET /deployments/{id}': { body: undefined; answer: DeploymentResponse };
  'GET /deployments/name/{flow_name}/{deployment_name}': { body: undefined; answer: DeploymentResponse };
  'POST /deployments/filter': {
    body: Body_read_deployments_deployments_filter_post;
    answer: readonly DeploymentResponse[];
  };
  'PATCH /deployments/{id}': { body: DeploymentUpdate; answer: undefined };
  'DELETE /deployments/{id}': { body: undefined; answer: undefined };
  'POST /deployments/{id}/schedules': {
    body: readonly DeploymentScheduleCreate[];
    answer: readonly DeploymentSchedule[];
  };
  'PATCH /deployments/{id}/schedules/{schedule_id}': { body: DeploymentScheduleUpdate; answer: undefined };
  'DELETE /deployments/{id}/schedules/{schedule_id}': { body: undefined; answer: undefined };
  'POST /deployments/{id}/create_flow_run': { body: DeploymentFlowRunCreate; answer: FlowRunResponse };
  'GET /flow_runs/{id}': { body: undefined; answer: FlowRunResponse };
  'POST /flow_runs/filter': {
    body: Body_read_flow_runs_flow_runs_filter_post;
    answer: readonly FlowRunResponse[];
  };
  'PATCH /flow_runs/{id}': { body: FlowRunUpdate; answer: undefined };
  'DELETE /flow_runs/{id}': { body: undefined; answer: undefined };
  'POST /flow_runs/{id}/set_state': {
    body: Body_set_flow_run_state_flow_runs__id__set_state_post;
    answer: OrchestrationResult;
  };
  'POST /logs/': { body: readonly LogCreate[]; answer: unknown };
  'POST /artifacts/': { body: ArtifactCreate; answer: Artifact };
  'POST /artifacts/filter': { body: Body_read_artifacts_artifacts_filter_post; answer: readonly Artifact[] };
  'PATCH /artifacts/{id}': { body: ArtifactUpdate; answer: undefined };
  'POST /events': { body: readonly Event[]; answer: undefined };
}

export type Artifact = {
  readonly id: string;
  readonly created: string | null;
  readonly updated: string | null;
  readonly key: string | null;
  readonly type: string | null;
  readonly description: string | null;
  readonly data: { readonly [key: string]: unknown } | unknown | null;
  readonly metadata_: { readonly [key: string]: string } | null;
  readonly flow_run_id: string | null;
  readonly task_run_id: string | null;
};

export type ArtifactCreate = {
  readonly key?: string | null;
  readonly type?: string | null;
  readonly description?: string | null;
  readonly data?: { readonly [key: string]: unknown } | unknown | null;
  readonly metadata_?: { readonly [key: string]: string } | null;
  readonly flow_run_id?: string | null;
  readonly task_run_id?: string | null;
};

export type ArtifactFilter = {
  readonly operator?: Operator;
  readonly id?: ArtifactFilterId | null;
  readonly key?: ArtifactFilterKey | null;
  readonly flow_run_id?: ArtifactFilterFlowRunId | null;
  readonly task_run_id?: ArtifactFilterTaskRunId | null;
  readonly type?: ArtifactFilterType | null;
};

export type ArtifactFilterFlowRunId = {
  readonly any_?: readonly string[] | null;
};

export type ArtifactFilterId = {
  readonly any_?: readonly string[] | null;
};

export type ArtifactFilterKey = {
  readonly any_?: readonly string[] | null;
  readonly like_?: string | null;
  readonly exists_?: boolean | null;
};

export type ArtifactFilterTaskRunId = {
  readonly any_?: readonly string[] | null;
};

export type ArtifactFilterType = {
  readonly any_?: readonly string[] | null;
  readonly not_any_?: readonly string[] | null;
};

export type ArtifactSort = 'CREATED_DESC' | 'UPDATED_DESC' | 'ID_DESC' | 'KEY_DESC' | 'KEY_ASC';

export type ArtifactUpdate = {
  readonly data?: { readonly [key: string]: unknown } | unknown | null;
  readonly description?: string | null;
  readonly metadata_?: { readonly [key: string]: string } | null;
};

export type Body_get_scheduled_flow_runs_work_pools__name__get_scheduled_flow_runs_post = {
  readonly work_queue_names?: readonly string[];
  readonly scheduled_before?: string;
  readonly scheduled_after?: string;
  readonly limit?: number;
};

export type Body_read_artifacts_artifacts_filter_post = {
  readonly sort?: ArtifactSort;
  readonly offset?: number;
  readonly artifacts?: ArtifactFilter;
  readonly flow_runs?: FlowRunFilter;
  readonly task_runs?: TaskRunFilter;
  readonly flows?: FlowFilter;
  readonly deployments?: DeploymentFilter;
  readonly limit?: number;
};

export type Body_read_deployments_deployments_filter_post = {
  readonly offset?: number;
  readonly flows?: FlowFilter | null;
  readonly flow_runs?: FlowRunFilter | null;
  readonly task_runs?: TaskRunFilter | null;
  readonly deployments?: DeploymentFilter | null;
  readonly work_pools?: WorkPoolFilter | null;
  readonly work_pool_queues?: WorkQueueFilter | null;
  readonly sort?: DeploymentSort;
  readonly limit?: number;
};

export type Body_read_flow_runs_flow_runs_filter_post = {
  readonly sort?: FlowRunSort;
  readonly offset?: number;
  readonly flows?: FlowFilter | null;
  readonly flow_runs?: FlowRunFilter | null;
  readonly task_runs?: TaskRunFilter | null;
  readonly deployments?: DeploymentFilter | null;
  readonly work_pools?: WorkPoolFilter | null;
  readonly work_pool_queues?: WorkQueueFilter | null;
  readonly limit?: number;
};

export type Body_set_flow_run_state_flow_runs__id__set_state_post = {
  readonly state: StateCreate;
  readonly force?: boolean;
};

export type Body_worker_heartbeat_work_pools__work_pool_name__workers_heartbeat_post = {
  readonly name: string;
  readonly heartbeat_interval_seconds?: number | null;
};

export type ConcurrencyLimitStrategy = 'ENQUEUE' | 'CANCEL_NEW';

export type ConcurrencyOptions = {
  readonly collision_strategy: ConcurrencyLimitStrategy;
  readonly grace_period_seconds?: number | null;
};

export type CreatedBy = {
  readonly id: string | null;
  readonly type: string | null;
  readonly display_value: string | null;
};

export type CronSchedule = {
  readonly cron: string;
  readonly timezone?: string | null;
  readonly day_or?: boolean;
};

export type DeploymentCreate = {
  readonly name: string;
  readonly flow_id: string;
  readonly paused?: boolean;
  readonly schedules?: readonly DeploymentScheduleCreate[];
  readonly concurrency_limit?: number | null;
  readonly concurrency_options?: ConcurrencyOptions | null;
  readonly global_concurrency_limit_id?: string | null;
  readonly enforce_parameter_schema?: boolean;
  readonly parameter_openapi_schema?: { readonly [key: string]: unknown } | null;
  readonly parameters?: { readonly [key: string]: unknown };
  readonly tags?: readonly string[];
  readonly labels?: { readonly [key: string]: boolean | number | string } | null;
  readonly pull_steps?: readonly { readonly [key: string]: unknown }[] | null;
  readonly work_queue_name?: string | null;
  readonly work_pool_name?: string | null;
  readonly storage_document_id?: string | null;
  readonly infrastructure_document_id?: string | null;
  readonly description?: string | null;
  readonly path?: string | null;
  readonly version?: string | null;
  readonly entrypoint?: string | null;
  readonly job_variables?: { readonly [key: string]: unknown };
  readonly version_info?: VersionInfo | null;
};

export type DeploymentFilter = {
  readonly operator?: Operator;
  readonly id?: DeploymentFilterId | null;
  readonly name?: DeploymentFilterName | null;
  readonly flow_or_deployment_name?: DeploymentOrFlowNameFilter | null;
  readonly paused?: DeploymentFilterPaused | null;
  readonly tags?: DeploymentFilterTags | null;
  readonly work_queue_name?: DeploymentFilterWorkQueueName | null;
  readonly concurrency_limit?: DeploymentFilterConcurrencyLimit | null;
};

export type DeploymentFilterConcurrencyLimit = {
  readonly ge_?: number | null;
  readonly le_?: number | null;
  readonly is_null_?: boolean | null;
};

export type DeploymentFilterId = {
  readonly any_?: readonly string[] | null;
  readonly not_any_?: readonly string[] | null;
};

export type DeploymentFilterName = {
  readonly any_?: readonly string[] | null;
  readonly like_?: string | null;
};

export type DeploymentFilterPaused = {
  readonly eq_?: boolean | null;
};

export type DeploymentFilterTags = {
  readonly operator?: Operator;
  readonly all_?: readonly string[] | null;
  readonly any_?: readonly string[] | null;
  readonly is_null_?: boolean | null;
};

export type DeploymentFilterWorkQueueName = {
  readonly any_?: readonly string[] | null;
};

export type DeploymentFlowRunCreate = {
  readonly state?: StateCreate | null;
  readonly name?: string;
  readonly parameters?: { readonly [key: string]: unknown };
  readonly enforce_parameter_schema?: boolean | null;
  readonly context?: { readonly [key: string]: unknown };
  readonly infrastructure_document_id?: string | null;
  readonly empirical_policy?: FlowRunPolicy;
  readonly tags?: readonly string[];
  readonly idempotency_key?: string | null;
  readonly labels?: { readonly [key: string]: boolean | number | string } | null;
  readonly parent_task_run_id?: string | null;
  readonly work_queue_name?: string | null;
  readonly job_variables?: { readonly [key: string]: unknown } | null;
};

export type DeploymentOrFlowNameFilter = {
  readonly like_?: string | null;
};

export type DeploymentResponse = {
  readonly id: string;
  readonly created: string | null;
  readonly updated: string | null;
  readonly name: string;
  readonly version: string | null;
  readonly description: string | null;
  readonly flow_id: string;
  readonly paused: boolean;
  readonly schedules: readonly DeploymentSchedule[];
  readonly concurrency_limit: number | null;
  readonly global_concurrency_limit: GlobalConcurrencyLimitResponse | null;
  readonly concurrency_options: ConcurrencyOptions | null;
  readonly job_variables: { readonly [key: string]: unknown };
  readonly parameters: { readonly [key: string]: unknown };
  readonly tags: readonly string[];
  readonly labels: { readonly [key: string]: boolean | number | string };
  readonly work_queue_name: string | null;
  readonly work_queue_id: string | null;
  readonly last_polled: string | null;
  readonly parameter_openapi_schema: { readonly [key: string]: unknown } | null;
  readonly path: string | null;
  readonly pull_steps: readonly { readonly [key: string]: unknown }[] | null;
  readonly entrypoint: string | null;
  readonly storage_document_id: string | null;
  readonly infrastructure_document_id: string | null;
  readonly created_by: CreatedBy | null;
  readonly updated_by: UpdatedBy | null;
  readonly work_pool_name: string | null;
  readonly status: DeploymentStatus | null;
  readonly enforce_parameter_schema: boolean;
};

export type DeploymentSchedule = {
  readonly id: string;
  readonly created: string | null;
  readonly updated: string | null;
  readonly deployment_id: string | null;
  readonly schedule: IntervalSchedule_Output | CronSchedule | RRuleSchedule;
  readonly active: boolean;
  readonly max_scheduled_runs: number | null;
  readonly parameters: { readonly [key: string]: unknown };
  readonly slug: string | null;
};

export type DeploymentScheduleCreate = {
  readonly active?: boolean;
  readonly schedule: IntervalSchedule_Input | CronSchedule | RRuleSchedule;
  readonly max_scheduled_runs?: number | null;
  readonly parameters?: { readonly [key: string]: unknown };
  readonly slug?: string | null;
  readonly replaces?: string | null;
};

export type DeploymentScheduleUpdate = {
  readonly active?: boolean | null;
  readonly schedule?: IntervalSchedule_Input | CronSchedule | RRuleSchedule | null;
  readonly max_scheduled_runs?: number | null;
  readonly parameters?: { readonly [key: string]: unknown };
  readonly slug?: string | null;
  readonly replaces?: string | null;
};

export type DeploymentSort = 'CREATED_DESC' | 'UPDATED_DESC' | 'NAME_ASC' | 'NAME_DESC';

export type DeploymentStatus = 'READY' | 'NOT_READY';

export type DeploymentUpdate = {
  readonly version?: string | null;
  readonly description?: string | null;
  readonly paused?: boolean;
  readonly schedules?: readonly DeploymentScheduleUpdate[];
  readonly concurrency_limit?: number | null;
  readonly concurrency_options?: ConcurrencyOptions | null;
  readonly global_concurrency_limit_id?: string | null;
  readonly parameters?: { readonly [key: string]: unknown } | null;
  readonly parameter_openapi_schema?: { readonly [key: string]: unknown } | null;
  readonly tags?: readonly string[];
  readonly work_queue_name?: string | null;
  readonly work_pool_name?: string | null;
  readonly path?: string | null;
  readonly job_variables?: { readonly [key: string]: unknown } | null;
  readonly pull_steps?: readonly { readonly [key: string]: unknown }[] | null;
  readonly entrypoint?: string | null;
  readonly storage_document_id?: string | null;
  readonly infrastructure_document_id?: string | null;
  readonly enforce_parameter_schema?: boolean | null;
  readonly version_info?: VersionInfo | null;
};

export type Event = {
  readonly occurred: string;
  readonly event: string;
  readonly resource: Resource;
  readonly related?: readonly RelatedResource[];
  readonly payload?: { readonly [key: string]: unknown };
  readonly id: string;
  readonly follows?: string | null;
};

export type Flow = {
  readonly id: string;
  readonly created: string | null;
  readonly updated: string | null;
  readonly name: string;
  readonly tags: readonly string[];
  readonly labels: { readonly [key: string]: boolean | number | string } | null;
};

export type FlowCreate = {
  readonly name: string;
  readonly tags?: readonly string[];
  readonly labels?: { readonly [key: string]: boolean | number | string } | null;
};

export type FlowFilter = {
  readonly operator?: Operator;
  readonly id?: FlowFilterId | null;
  readonly deployment?: FlowFilterDeployment | null;
  readonly name?: FlowFilterName | null;
  readonly tags?: FlowFilterTags | null;
};

export type FlowFilterDeployment = {
  readonly operator?: Operator;
  readonly is_null_?: boolean | null;
};

export type FlowFilterId = {
  readonly any_?: readonly string[] | null;
  readonly not_any_?: readonly string[] | null;
};

export type FlowFilterName = {
  readonly any_?: readonly string[] | null;
  readonly like_?: string | null;
};

export type FlowFilterTags = {
  readonly operator?: Operator;
  readonly all_?: readonly string[] | null;
  readonly is_null_?: boolean | null;
};

export type FlowRun = {
  readonly id: string;
  readonly created: string | null;
  readonly updated: string | null;
  readonly name: string;
  readonly flow_id: string;
  readonly state_id: string | null;
  readonly deployment_id: string | null;
  readonly deployment_version: string | null;
  readonly work_queue_name: string | null;
  readonly flow_version: string | null;
  readonly parameters: { readonly [key: string]: unknown };
  readonly idempotency_key: string | null;
  readonly context: { readonly [key: string]: unknown };
  readonly empirical_policy: FlowRunPolicy;
  readonly tags: readonly string[];
  readonly labels: { readonly [key: string]: boolean | number | string } | null;
  readonly parent_task_run_id: string | null;
  readonly state_type: StateType | null;
  readonly state_name: string | null;
  readonly run_count: number;
  readonly expected_start_time: string | null;
  readonly next_scheduled_start_time: string | null;
  readonly start_time: string | null;
  readonly end_time: string | null;
  readonly total_run_time: number;
  readonly estimated_run_time: number;
  readonly estimated_start_time_delta: number;
  readonly auto_scheduled: boolean;
  readonly infrastructure_document_id: string | null;
  readonly infrastructure_pid: string | null;
  readonly created_by: CreatedBy | null;
  readonly work_queue_id: string | null;
  readonly state: State | null;
  readonly job_variables: { readonly [key: string]: unknown } | null;
};

export type FlowRunFilter = {
  readonly operator?: Operator;
  readonly id?: FlowRunFilterId | null;
  readonly name?: FlowRunFilterName | null;
  readonly tags?: FlowRunFilterTags | null;
  readonly deployment_id?: FlowRunFilterDeploymentId | null;
  readonly work_queue_name?: FlowRunFilterWorkQueueName | null;
  readonly state?: FlowRunFilterState | null;
  readonly flow_version?: FlowRunFilterFlowVersion | null;
  readonly start_time?: FlowRunFilterStartTime | null;
  readonly end_time?: FlowRunFilterEndTime | null;
  readonly expected_start_time?: FlowRunFilterExpectedStartTime | null;
  readonly next_scheduled_start_time?: FlowRunFilterNextScheduledStartTime | null;
  readonly parent_flow_run_id?: FlowRunFilterParentFlowRunId | null;
  readonly parent_task_run_id?: FlowRunFilterParentTaskRunId | null;
  readonly idempotency_key?: FlowRunFilterIdempotencyKey | null;
  readonly created_by?: FlowRunFilterCreatedBy | null;
};

export type FlowRunFilterCreatedBy = {
  readonly operator?: Operator;
  readonly id_?: readonly string[] | null;
  readonly type_?: readonly string[] | null;
  readonly is_null_?: boolean | null;
};

export type FlowRunFilterDeploymentId = {
  readonly operator?: Operator;
  readonly any_?: readonly string[] | null;
  readonly is_null_?: boolean | null;
};

export type FlowRunFilterEndTime = {
  readonly before_?: string | null;
  readonly after_?: string | null;
  readonly is_null_?: boolean | null;
};

export type FlowRunFilterExpectedStartTime = {
  readonly before_?: string | null;
  readonly after_?: string | null;
};

export type FlowRunFilterFlowVersion = {
  readonly any_?: readonly string[] | null;
};

export type FlowRunFilterId = {
  readonly any_?: readonly string[] | null;
  readonly not_any_?: readonly string[] | null;
};

export type FlowRunFilterIdempotencyKey = {
  readonly any_?: readonly string[] | null;
  readonly not_any_?: readonly string[] | null;
};

export type FlowRunFilterName = {
  readonly any_?: readonly string[] | null;
  readonly like_?: string | null;
};

export type FlowRunFilterNextScheduledStartTime = {
  readonly before_?: string | null;
  readonly after_?: string | null;
};

export type FlowRunFilterParentFlowRunId = {
  readonly operator?: Operator;
  readonly any_?: readonly string[] | null;
};

export type FlowRunFilterParentTaskRunId = {
  readonly operator?: Operator;
  readonly any_?: readonly string[] | null;
  readonly is_null_?: boolean | null;
};

export type FlowRunFilterStartTime = {
  readonly before_?: string | null;
  readonly after_?: string | null;
  readonly is_null_?: boolean | null;
};

export type FlowRunFilterState = {
  readonly operator?: Operator;
  readonly type?: FlowRunFilterStateType | null;
  readonly name?: FlowRunFilterStateName | null;
};

export type FlowRunFilterStateName = {
  readonly any_?: readonly string[] | null;
  readonly not_any_?: readonly string[] | null;
};

export type FlowRunFilterStateType = {
  readonly any_?: readonly StateType[] | null;
  readonly not_any_?: readonly StateType[] | null;
};

export type FlowRunFilterTags = {
  readonly operator?: Operator;
  readonly all_?: readonly string[] | null;
  readonly any_?: readonly string[] | null;
  readonly is_null_?: boolean | null;
};

export type FlowRunFilterWorkQueueName = {
  readonly operator?: Operator;
  readonly any_?: readonly string[] | null;
  readonly is_null_?: boolean | null;
};

export type FlowRunPolicy = {
  readonly max_retries?: number;
  readonly retry_delay_seconds?: number;
  readonly retries?: number | null;
  readonly retry_delay?: number | null;
  readonly pause_keys?: readonly string[] | null;
  readonly resuming?: boolean | null;
  readonly retry_type?: 'in_process' | 'reschedule' | null;
};

export type FlowRunResponse = {
  readonly id: string;
  readonly created: string | null;
  readonly updated: string | null;
  readonly name: string;
  readonly flow_id: string;
  readonly state_id: string | null;
  readonly deployment_id: string | null;
  readonly deployment_version: string | null;
  readonly work_queue_id: string | null;
  readonly work_queue_name: string | null;
  readonly flow_version: string | null;
  readonly parameters: { readonly [key: string]: unknown };
  readonly idempotency_key: string | null;
  readonly context: { readonly [key: string]: unknown };
  readonly empirical_policy: FlowRunPolicy;
  readonly tags: readonly string[];
  readonly labels: { readonly [key: string]: boolean | number | string };
  readonly parent_task_run_id: string | null;
  readonly state_type: StateType | null;
  readonly state_name: string | null;
  readonly run_count: number;
  readonly expected_start_time: string | null;
  readonly next_scheduled_start_time: string | null;
  readonly start_time: string | null;
  readonly end_time: string | null;
  readonly total_run_time: number;
  readonly estimated_run_time: number;
  readonly estimated_start_time_delta: number;
  readonly auto_scheduled: boolean;
  readonly infrastructure_document_id: string | null;
  readonly infrastructure_pid: string | null;
  readonly created_by: CreatedBy | null;
  readonly work_pool_id: string | null;
  readonly work_pool_name: string | null;
  readonly state: State | null;
  readonly job_variables: { readonly [key: string]: unknown } | null;
};

export type FlowRunSort =
  | 'ID_DESC'
  | 'START_TIME_ASC'
  | 'START_TIME_DESC'
  | 'EXPECTED_START_TIME_ASC'
  | 'EXPECTED_START_TIME_DESC'
  | 'NAME_ASC'
  | 'NAME_DESC'
  | 'NEXT_SCHEDULED_START_TIME_ASC'
  | 'END_TIME_DESC';

export type FlowRunUpdate = {
  readonly name?: string | null;
  readonly flow_version?: string | null;
  readonly parameters?: { readonly [key: string]: unknown };
  readonly empirical_policy?: FlowRunPolicy;
  readonly tags?: readonly string[];
  readonly infrastructure_pid?: string | null;
  readonly job_variables?: { readonly [key: string]: unknown } | null;
};

export type GlobalConcurrencyLimitResponse = {
  readonly id: string;
  readonly created: string | null;
  readonly updated: string | null;
  readonly active: boolean;
  readonly name: string;
  readonly limit: number;
  readonly active_slots: number;
  readonly slot_decay_per_second: number;
};

export type IntervalSchedule_Input = {
  readonly interval: number | string;
  readonly anchor_date?: string;
  readonly timezone?: string | null;
};

export type IntervalSchedule_Output = {
  readonly interval: number;
  readonly anchor_date: string;
  readonly timezone: string | null;
};

export type LogCreate = {
  readonly name: string;
  readonly level: number;
  readonly message: string;
  readonly timestamp: string;
  readonly flow_run_id?: string | null;
  readonly task_run_id?: string | null;
};

export type Operator = 'and_' | 'or_';

export type OrchestrationResult = {
  readonly state: State | null;
  readonly status: SetStateStatus;
  readonly details: StateAcceptDetails | StateWaitDetails | StateRejectDetails | StateAbortDetails;
};

export type RRuleSchedule = {
  readonly rrule: string;
  readonly timezone?: string | null;
};

export type RelatedResource = { readonly [key: string]: string };

export type Resource = { readonly [key: string]: string };

export type SetStateStatus = 'ACCEPT' | 'REJECT' | 'ABORT' | 'WAIT';

export type State = {
  readonly id: string;
  readonly type: StateType;
  readonly name: string | null;
  readonly timestamp: string;
  readonly message: string | null;
  readonly data: unknown | null;
  readonly state_details: StateDetails;
};

export type StateAbortDetails = {
  readonly type: 'abort_details';
  readonly reason: string | null;
};

export type StateAcceptDetails = {
  readonly type: 'accept_details';
};

export type StateCreate = {
  readonly type: StateType;
  readonly name?: string | null;
  readonly message?: string | null;
  readonly data?: unknown | null;
  readonly state_details?: StateDetails;
};

export type StateDetails = {
  readonly flow_run_id?: string | null;
  readonly task_run_id?: string | null;
  readonly child_flow_run_id?: string | null;
  readonly scheduled_time?: string | null;
  readonly cache_key?: string | null;
  readonly cache_expiration?: string | null;
  readonly deferred?: boolean | null;
  readonly untrackable_result?: boolean;
  readonly pause_timeout?: string | null;
  readonly pause_reschedule?: boolean;
  readonly pause_key?: string | null;
  readonly run_input_keyset?: { readonly [key: string]: string } | null;
  readonly refresh_cache?: boolean | null;
  readonly retriable?: boolean | null;
  readonly transition_id?: string | null;
  readonly task_parameters_id?: string | null;
  readonly traceparent?: string | null;
  readonly deployment_concurrency_lease_id?: string | null;
};

export type StateRejectDetails = {
  readonly type: 'reject_details';
  readonly reason: string | null;
};

export type StateType =
  | 'SCHEDULED'
  | 'PENDING'
  | 'RUNNING'
  | 'COMPLETED'
  | 'FAILED'
  | 'CANCELLED'
  | 'CRASHED'
  | 'PAUSED'
  | 'CANCELLING';

export type StateWaitDetails = {
  readonly type: 'wait_details';
  readonly delay_seconds: number;
  readonly reason: string | null;
};

export type TaskRunFilter = {
  readonly operator?: Operator;
  readonly id?: TaskRunFilterId | null;
  readonly name?: TaskRunFilterName | null;
  readonly tags?: TaskRunFilterTags | null;
  readonly state?: TaskRunFilterState | null;
  readonly start_time?: TaskRunFilterStartTime | null;
  readonly end_time?: TaskRunFilterEndTime | null;
  readonly expected_start_time?: TaskRunFilterExpectedStartTime | null;
  readonly subflow_runs?: TaskRunFilterSubFlowRuns | null;
  readonly flow_run_id?: TaskRunFilterFlowRunId | null;
};

export type TaskRunFilterEndTime = {
  readonly before_?: string | null;
  readonly after_?: string | null;
  readonly is_null_?: boolean | null;
};

export type TaskRunFilterExpectedStartTime = {
  readonly before_?: string | null;
  readonly after_?: string | null;
};

export type TaskRunFilterFlowRunId = {
  readonly operator?: Operator;
  readonly any_?: readonly string[] | null;
  readonly is_null_?: boolean | null;
};

export type TaskRunFilterId = {
  readonly any_?: readonly string[] | null;
};

export type TaskRunFilterName = {
  readonly any_?: readonly string[] | null;
  readonly like_?: string | null;
};

export type TaskRunFilterStartTime = {
  readonly before_?: string | null;
  readonly after_?: string | null;
  readonly is_null_?: boolean | null;
};

export type TaskRunFilterState = {
  readonly operator?: Operator;
  readonly type?: TaskRunFilterStateType | null;
  readonly name?: TaskRunFilterStateName | null;
};

export type TaskRunFilterStateName = {
  readonly any_?: readonly string[] | null;
};

export type TaskRunFilterStateType = {
  readonly any_?: readonly StateType[] | null;
};

export type TaskRunFilterSubFlowRuns = {
  readonly exists_?: boolean | null;
};

export type TaskRunFilterTags = {
  readonly operator?: Operator;
  readonly all_?: readonly string[] | null;
  readonly is_null_?: boolean | null;
};

export type UpdatedBy = {
  readonly id: string | null;
  readonly type: string | null;
  readonly display_value: string | null;
};

export type VersionInfo = {
  readonly type: string;
  readonly version: string;
};

export type WorkPoolCreate = {
  readonly name: string;
  readonly description?: string | null;
  readonly type?: string;
  readonly base_job_template?: { readonly [key: string]: unknown };
  readonly is_paused?: boolean;
  readonly concurrency_limit?: number | null;
  readonly storage_configuration?: WorkPoolStorageConfiguration;
};

export type WorkPoolFilter = {
  readonly operator?: Operator;
  readonly id?: WorkPoolFilterId | null;
  readonly name?: WorkPoolFilterName | null;
  readonly type?: WorkPoolFilterType | null;
};

export type WorkPoolFilterId = {
  readonly any_?: readonly string[] | null;
};

export type WorkPoolFilterName = {
  readonly any_?: readonly string[] | null;
};

export type WorkPoolFilterType = {
  readonly any_?: readonly string[] | null;
};

export type WorkPoolResponse = {
  readonly id: string;
  readonly created: string | null;
  readonly updated: string | null;
  readonly name: string;
  readonly description: string | null;
  readonly type: string;
  readonly base_job_template: { readonly [key: string]: unknown };
  readonly is_paused: boolean;
  readonly concurrency_limit: number | null;
  readonly status: WorkPoolStatus | null;
  readonly default_queue_id: string | null;
  readonly storage_configuration: WorkPoolStorageConfiguration;
  readonly active_slots: number | null;
};

export type WorkPoolStatus = 'READY' | 'NOT_READY' | 'PAUSED';

export type WorkPoolStorageConfiguration = {
  readonly bundle_upload_step?: { readonly [key: string]: unknown } | null;
  readonly bundle_execution_step?: { readonly [key: string]: unknown } | null;
  readonly default_result_storage_block_id?: string | null;
};

export type WorkQueueFilter = {
  readonly operator?: Operator;
  readonly id?: WorkQueueFilterId | null;
  readonly name?: WorkQueueFilterName | null;
};

export type WorkQueueFilterId = {
  readonly any_?: readonly string[] | null;
};

export type WorkQueueFilterName = {
  readonly any_?: readonly string[] | null;
  readonly startswith_?: readonly string[] | null;
};

export type WorkerFlowRunResponse = {
  readonly work_pool_id: string;
  readonly work_queue_id: string;
  readonly flow_run: FlowRun;
};
