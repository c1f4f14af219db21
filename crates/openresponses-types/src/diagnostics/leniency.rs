//! How strictly a document is read.

use super::named::named;

named! {
    what "profile";
    /// How strictly a document is read.
    ///
    /// | | [`Strict`](Self::Strict) | [`Compatible`](Self::Compatible) |
    /// |---|---|---|
    /// | limits, patterns, required members | refused | refused |
    /// | extensions (`slug:name`), unknown members | accepted | accepted |
    /// | what a [`Leniency`] names | refused | accepted, reported as a [`Warning`](crate::diagnostics::Warning) |
    ///
    /// ```
    /// use openresponses_types::CreateRequest;
    /// use openresponses_types::diagnostics::Profile;
    /// use openresponses_types::normalize::Normalizer;
    ///
    /// let body = br#"{"model":"m","input":[{"role":"user","content":"no type"}]}"#;
    /// let read = || CreateRequest::from_json(body).unwrap();
    /// assert!(Normalizer::new(Profile::Compatible).turn(read()).is_ok());
    /// ```
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum Profile {
        /// The OpenAPI file of the specification, and what its text adds.
        Strict = "strict",
        /// Also accepts what clients and servers in the field send: each [`Leniency`].
        #[default]
        Compatible = "compatible",
    }
}

named! {
    what "leniency";
    /// A known difference of real documents from the schema, accepted in
    /// [`Profile::Compatible`] and refused in [`Profile::Strict`].
    ///
    /// The list is complete: limits, patterns and required members are relaxed only as stated
    /// here, and nothing that the original service refuses is accepted.
    ///
    /// ```
    /// use openresponses_types::diagnostics::Leniency;
    /// use openresponses_types::json::Document;
    /// use openresponses_types::schema::{DocumentKind, validate};
    /// use openresponses_types::Profile;
    ///
    /// let document = Document::parse(br#"{"input": [{"role": "user", "content": "Hello"}]}"#)?;
    /// let strict = validate(&document, DocumentKind::CreateRequest, Profile::Strict);
    /// assert_eq!(strict.violations[0].param().as_deref(), Some("input[0].type"));
    ///
    /// let compatible = validate(&document, DocumentKind::CreateRequest, Profile::Compatible);
    /// assert!(compatible.is_ok());
    /// assert_eq!(compatible.warnings[0].leniency, Leniency::MessageWithoutType);
    /// # Ok::<(), openresponses_types::json::SyntaxError>(())
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    #[non_exhaustive]
    pub enum Leniency {
        /// A message without `"type": "message"`.
        MessageWithoutType = "message_without_type",
        /// Null for an optional member that must not be null. Counts as absent.
        ExplicitNull = "explicit_null",
        /// An `input_text` (or image, file, video) part in an assistant message.
        InputPartInAssistantMessage = "input_part_in_assistant_message",
        /// An image or a file in a system or developer message.
        MediaInSystemMessage = "media_in_system_message",
        /// A video in a message of a request or in a tool output of a response; the schema has it in
        /// the tool outputs of a request and in the messages of a response only.
        VideoElsewhere = "video_elsewhere",
        /// The vendor's image `detail` `original`.
        VendorImageDetail = "vendor_image_detail",
        /// A reasoning item of the input that carries `content`; the schema allows null only.
        ReasoningContent = "reasoning_content",
        /// An item `status` that neither schema nor text names.
        OpenItemStatus = "open_item_status",
        /// An item of a type without a slug that the specification does not name, such as
        /// `web_search_call`. Kept and passed on.
        UnknownItem = "unknown_item",
        /// A content part of a type without a slug that the specification does not name. Kept.
        UnknownContentPart = "unknown_content_part",
        /// An annotation of a type without a slug that the specification does not name, such as
        /// `file_citation`. Kept.
        UnknownAnnotation = "unknown_annotation",
        /// A tool of a type without a slug that the specification does not name, such as `web_search`.
        /// Kept and passed on.
        UnknownTool = "unknown_tool",
        /// A `tool_choice`, or an allowed tool, of a type without a slug that the specification does
        /// not name. Kept and passed on.
        UnknownToolChoice = "unknown_tool_choice",
        /// A text format of a type without a slug that the specification does not name, such as
        /// `grammar`. Kept and passed on.
        UnknownTextFormat = "unknown_text_format",
        /// A streaming event of a type without a slug that the specification does not name. Kept.
        UnknownEvent = "unknown_event",
        /// A function tool in the shape of Chat Completions: `{"type":"function","function":{..}}`.
        NestedFunctionTool = "nested_function_tool",
        /// A function choice in the shape of Chat Completions:
        /// `{"type":"function","function":{"name":..}}`.
        NestedFunctionChoice = "nested_function_choice",
        /// A `json_schema` format in the shape of Chat Completions:
        /// `{"type":"json_schema","json_schema":{"name":..,"schema":..}}`.
        NestedJsonSchemaFormat = "nested_json_schema_format",
        /// An image in the shape of Chat Completions:
        /// `{"type":"image_url","image_url":{"url":..,"detail":..}}`.
        NestedImageUrl = "nested_image_url",
        /// A member whose name differs from a known one by a letter, by its case or by its
        /// underscores, such as `maxOutputTokens`. Ignored, as unknown members are; legal in both
        /// profiles.
        MisspelledMember = "misspelled_member",
        /// `allowed_tools` beside `tools`, a list of names or choices, as early clients of a gateway send it.
        TopLevelAllowedTools = "top_level_allowed_tools",
        /// The `json_object` format in a request; the schema has it in responses only.
        JsonObjectFormat = "json_object_format",
        /// A `service_tier` that the schema does not name; the text leaves tiers open.
        OpenServiceTier = "open_service_tier",
        /// An `include` value that the schema does not name.
        VendorInclude = "vendor_include",
        /// A reasoning effort that the schema does not name, such as `minimal`.
        VendorReasoningEffort = "vendor_reasoning_effort",
        /// `stream`, `stream_options` or `background` on a WebSocket. Ignored.
        TransportMemberOnWebSocket = "transport_member_on_web_socket",
        /// `generate: false`: warm up without generating.
        GenerateFalse = "generate_false",
        /// The `call_id` of an input item, or the name of a called function, that is longer than the
        /// schema allows (up to 1,024 code points) or has other characters: a response may have
        /// carried it, where an upstream made it.
        ForeignCallName = "foreign_call_name",
        /// An `item_reference` that does not resolve. Kept.
        UnresolvedItemReference = "unresolved_item_reference",
        /// A response leaves out a required member that may be null. Counts as null.
        MissingNullableMember = "missing_nullable_member",
        /// A response echoes the JSON schema of the text format; the schema allows null only.
        EchoedFormatSchema = "echoed_format_schema",
        /// An image in a response without `detail`.
        ImageWithoutDetail = "image_without_detail",
        /// An `error` event with `code`, `message` and `param` beside `type`.
        FlatErrorEvent = "flat_error_event",
    }
}
