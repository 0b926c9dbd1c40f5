// The block in the editor: a preview by the server, and the choice of a layout.
( ( { blocks, element, blockEditor, components, serverSideRender } ) => {
	const el = element.createElement;
	const name = 'relnews/related-news';
	blocks.registerBlockType( name, {
		edit( { attributes, setAttributes, context } ) {
			const options = [ '', 'list', 'cards', 'compact' ].map( ( value ) => ( { value, label: value || 'as in the settings' } ) );
			return el( 'div', blockEditor.useBlockProps(),
				el( blockEditor.InspectorControls, {}, el( components.PanelBody, { title: 'Related News' },
					el( components.SelectControl, {
						label: 'Layout', value: attributes.layout, options, onChange: ( layout ) => setAttributes( { layout } ),
					} ) ) ),
				// Links of the preview must not lead away from the editor.
				el( components.Disabled, {}, el( serverSideRender, {
					block: name, attributes, urlQueryArgs: context.postId ? { post_id: context.postId } : {},
					EmptyResponsePlaceholder: () => 'Related News: nothing yet for this post.',
				} ) ) );
		},
		save: () => null,
	} );
} )( window.wp );
